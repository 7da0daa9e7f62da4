"""The payment simulator: Midtrans and Xendit on loopback, with their wires; its page pays, denies, pays late or twice.

It takes no money and knows no real merchant: its QR codes name a merchant that no payment application can resolve.
"""
