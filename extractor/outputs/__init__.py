"""What people and programs read: status, report, export, docs."""
