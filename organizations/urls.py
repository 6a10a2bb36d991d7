from django.urls import path

from organizations import views

app_name = "organizations"
urlpatterns = [path("tenant.css", views.tenant_css, name="tenant_css")]
