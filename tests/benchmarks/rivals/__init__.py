"""Other engines that take in the same polls; each is a program of its own, and knows nothing of the harness.

Each prints `first_record_at <seconds since the epoch>` when it processes its first record, and stays until it is ended.
Of every poll each keeps what a state of polls needs: 6 bytes behind those that the store has already.
"""
