"""What several networks share: a change here concerns those that import it."""
