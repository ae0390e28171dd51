"""What training brings down: CTC, CTC-CRF, and the divergence of two views."""
