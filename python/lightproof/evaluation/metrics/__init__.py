"""What the finished trials of a campaign say, in the words of ISO/IEC 30107-3 and 19795-1."""
