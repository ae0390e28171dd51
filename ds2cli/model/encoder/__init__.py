"""What hears: convolutions, recurrent layers, lookahead; features in, frames out."""
