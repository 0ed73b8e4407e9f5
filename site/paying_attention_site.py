"""What the site adds to Sphinx."""


def setup(app):
    app.add_config_value("book_address", "", "html")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
