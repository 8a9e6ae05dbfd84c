"""Defects of endpoints."""
