"""What the project is measured against, each as a user of it would write it."""
