"""What values are and how one becomes another: numbers, dates, money, masks, shapes."""
