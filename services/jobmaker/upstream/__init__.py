"""Work from a bigger pool over stratum, and our miners' shares back to it."""
