"""What is answered: pure builders from what is known, and the types of the answers (`models`)."""
