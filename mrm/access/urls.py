"""Addresses of sign-in, people, one's own account, and every act of the API."""

from django.urls import path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView
from rest_framework.authentication import SessionAuthentication

from mrm.access import people, sign_in
from mrm.access.api import act_views
from mrm.access.tokens import SignedIn, TokenAuthentication

DOCS = {
    "authentication_classes": (TokenAuthentication, SessionAuthentication),
    "permission_classes": (SignedIn,),
}
PERSON = "people/<str:reference>"
urlpatterns = [
    path("sign-in/", sign_in.sign_in, name="sign-in"),
    path("sign-out/", sign_in.sign_out, name="sign-out"),
    path("set-up/<str:token>/", sign_in.set_up, name="set-up"),
    path("healthz", sign_in.healthz, name="healthz"),
    path("readyz", sign_in.readyz, name="readyz"),
    path("people/", people.People.as_view(), name="people"),
    path("people/new/", people.AddPerson.as_view(), name="person-add"),
    path(f"{PERSON}/", people.PersonPage.as_view(), name="person"),
    path(f"{PERSON}/account/", people.OpenAccount.as_view(), name="account-open"),
    path(f"{PERSON}/deactivate/", people.Deactivate.as_view(), name="person-deactivate"),
    path(f"{PERSON}/<str:username>/role/", people.GiveRole.as_view(), name="role-give"),
    path(f"{PERSON}/<str:username>/role/<str:role>/take/", people.TakeRole.as_view(), name="role-take"),
    path(f"{PERSON}/<str:username>/grant/", people.GiveGrant.as_view(), name="grant-give"),
    path(f"{PERSON}/<str:username>/grant/<uuid:scope>/take/", people.TakeGrant.as_view(), name="grant-take"),
    path(f"{PERSON}/<str:username>/password/", people.ResetPassword.as_view(), name="password-reset"),
    path("account/", people.OwnAccount.as_view(), name="account"),
    path("account/password/", people.ChangePassword.as_view(), name="password-change"),
    path("account/tokens/new/", people.NewToken.as_view(), name="token-new"),
    path("account/tokens/<str:reference>/revoke/", people.RevokeToken.as_view(), name="token-revoke"),
    path("api/v1/schema/", SpectacularAPIView.as_view(**DOCS), name="api-schema"),
    path("api/v1/docs/", SpectacularSwaggerView.as_view(url_name="api-schema", **DOCS), name="api-docs"),
    *act_views(),
]
