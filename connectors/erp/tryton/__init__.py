"""The Tryton ERP."""
