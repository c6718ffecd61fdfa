"""What to change and what that would save, with the arithmetic of each piece of advice."""
