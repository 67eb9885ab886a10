"""The root of the platform's `app.sdk`."""
