"""Everything that is tested, by kind; tests/support is for all of them."""
