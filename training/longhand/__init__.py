"""The tape machine of longhand: its teacher, its problems, its fit, its proof and its reports."""
