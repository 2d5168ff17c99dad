"""One module at a time, with no broker; databases and processes are real where a module is about them."""
