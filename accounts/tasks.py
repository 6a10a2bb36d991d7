from celery import shared_task
from django.core.mail import EmailMultiAlternatives


@shared_task(autoretry_for=(OSError,), retry_backoff=10, retry_backoff_max=600, max_retries=8)
def send_account_mail(*, subject: str, body: str, html: str, to: str, sender: str) -> None:
    """Send one mail about an account (confirmation, password); tried again for about half an hour."""
    mail = EmailMultiAlternatives(subject=subject, body=body, from_email=sender, to=[to])
    mail.attach_alternative(html, "text/html")
    mail.send()
