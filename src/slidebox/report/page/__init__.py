"""The admins' page: one static HTML file with everything that is known of a lab's storage, made from frozen values."""
