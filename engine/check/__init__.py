"""What written files hold, measured from their bytes alone and compared with what they state."""
