"""The payment simulator: a provider on loopback that speaks Midtrans' wire; its page pays, denies, pays late or twice.

It takes no money and knows no real merchant: its QR codes name a merchant that no payment application can resolve.
"""
