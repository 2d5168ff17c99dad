"""The rules as small examples: each is run through the product and through the reference, and is shown in the docs."""
