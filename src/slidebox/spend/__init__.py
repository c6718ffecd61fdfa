"""What was really spent: the providers' bills in FOCUS, told apart by project, dataset, level and grant."""
