"""What a mapping sees while it runs, its forms, and the notes it leaves."""
