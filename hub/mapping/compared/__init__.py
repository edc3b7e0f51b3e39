"""What two mapping files mean differently, and do differently to documents."""
