"""What clients speak: one module for each protocol, all with the same engine behind them."""
