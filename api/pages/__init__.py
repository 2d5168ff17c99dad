"""The web pages: HTML made here, from the same answers as the API's, with pictures as SVG."""
