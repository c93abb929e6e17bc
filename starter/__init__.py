"""What stands around the chains: the installation, the doors in, the sweep and the write-back; the demonstrations."""
