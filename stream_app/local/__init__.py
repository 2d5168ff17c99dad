"""What runs a whole store-monitor on one machine: the embedded broker, the supervisor of its child processes."""
