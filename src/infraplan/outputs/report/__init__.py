"""Papers for a council: blocks that check themselves, written as HTML and as tagged PDF."""
