"""What training brings down: CTC, and the divergence of two views."""
