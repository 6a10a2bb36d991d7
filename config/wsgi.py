import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()

# What is loaded by now stays: the collector would look through all of it again and again, in the middle of requests.
gc.collect()
gc.freeze()
