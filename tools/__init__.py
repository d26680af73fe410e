"""What keeps the project itself: generated files, fixtures, fuzzing, the demo."""
