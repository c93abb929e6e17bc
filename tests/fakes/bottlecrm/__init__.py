"""A fake of BottleCRM's wire, as seen on the vendor's server (django-crm 1.35.0)."""
