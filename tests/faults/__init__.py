"""What breaks workers and brokers, on real processes; afterwards the reference says whether anything is missing."""
