package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"rolecall.example/client"
	"rolecall.example/org/mailer"
	"rolecall.example/org/mailer/smtptest"
	"rolecall.example/web/webtest"
)

// withMail gives a site a mail server.
func withMail(t *testing.T, s *webtest.Site) *smtptest.Server {
	t.Helper()
	sink := smtptest.New(t, smtptest.StartTLS)
	out, err := mailer.New(mailer.Settings{Address: sink.Address, From: "rolecall@example.com", Authorities: sink.Authorities, Username: smtptest.Username, Password: smtptest.Password})
	if err != nil {
		t.Fatal(err)
	}
	s.Service.Invite.SendWith(out, "https://roles.example.com")
	return sink
}

// TestMailSettings: owners alone see how mails go out, and can try it. The password is shown nowhere.
func TestMailSettings(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	test := webtest.Request{Method: http.MethodPost, Path: "/settings/mail/test", As: webtest.Owner}
	if res := s.Do(t, test); res.StatusCode != http.StatusConflict || !strings.Contains(res.Text(), "No mail server is set.") {
		t.Errorf("without a mail server: %d %s", res.StatusCode, res.Body)
	}
	if page := s.Send(t, webtest.Page, webtest.Request{Path: "/settings/mail", As: webtest.Owner}); !strings.Contains(page.Text(), "No mail server is set") {
		t.Errorf("the page without one: %s", page.Text())
	}
	sink := withMail(t, s)
	for _, as := range []string{webtest.Admin, webtest.Member} {
		for _, r := range []webtest.Request{{Path: "/settings/mail", As: as}, {Method: http.MethodPost, Path: "/settings/mail/test", As: as}} {
			if res := s.Do(t, r); res.StatusCode != http.StatusForbidden || strings.Contains(res.Text(), sink.Address) {
				t.Errorf("%s of %s: %d %s", r.Path, as, res.StatusCode, res.Body)
			}
		}
	}
	var status client.MailStatus
	s.Get(t, webtest.Owner, "/settings/mail").Decode(&status)
	if want := (client.MailStatus{Enabled: true, Address: sink.Address, From: "<rolecall@example.com>", TLS: "starttls", SignsIn: true}); status != want {
		t.Errorf("got %+v, want %+v", status, want)
	}
	if res := s.Do(t, test); res.StatusCode != http.StatusOK || !strings.Contains(res.Text(), "owner@example.com") || len(sink.Taken()) != 1 {
		t.Errorf("a test mail: %d %s, %d taken", res.StatusCode, res.Body, len(sink.Taken()))
	}
	page := s.Send(t, webtest.Page, webtest.Request{Path: "/settings/mail", As: webtest.Owner})
	if !strings.Contains(page.Text(), "Send a test mail") || strings.Contains(page.Text(), smtptest.Password) {
		t.Errorf("the page: %s", page.Text())
	}
	if res := s.Send(t, webtest.Page, webtest.Request{Path: "/settings/mail/test", As: webtest.Owner, Form: url.Values{}}); res.StatusCode != http.StatusSeeOther || len(sink.Taken()) != 2 {
		t.Errorf("the button: %d, %d taken", res.StatusCode, len(sink.Taken()))
	}
	sink.RefuseAddresses(550, [3]int{5, 7, 1}, "Relay <b>denied</b>")
	if res := s.Send(t, webtest.Page, webtest.Request{Path: "/settings/mail/test", As: webtest.Owner, Form: url.Values{}}); res.StatusCode != http.StatusServiceUnavailable || !strings.Contains(res.Text(), "550 5.7.1 Relay <b>denied</b>") || !strings.Contains(res.Text(), "Send a test mail") {
		t.Errorf("refused: %d %s", res.StatusCode, res.Text())
	}
	if strings.Contains(s.Log.String(), smtptest.Password) {
		t.Error("the log has the password")
	}
}

// TestInvitePageMails: the form of a site with a mail server sends mails unless links are asked for, and the list says what
// became of them.
func TestInvitePageMails(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	if page := s.Send(t, webtest.Page, webtest.Request{Path: "/organizations/default/invite", As: webtest.Admin}); page.Document().Find("input[name=send]").Length() != 0 {
		t.Error("a site without a mail server offers to send mails")
	}
	sink := withMail(t, s)
	form := s.Send(t, webtest.Page, webtest.Request{Path: "/organizations/default/invite", As: webtest.Admin}).Document()
	if got := form.Find("input[name=send][checked]").AttrOr("value", "none"); got != "true" {
		t.Errorf("%q is chosen", got)
	}
	invite := func(email, send string) *webtest.Response {
		return s.Send(t, webtest.Page, webtest.Request{Path: "/organizations/default/invitations", As: webtest.Admin, Form: url.Values{"emails": {email}, "send": {send}}})
	}
	if res := invite("mailed@example.com", "true"); !strings.Contains(res.Text(), "1 mail on the way") || strings.Contains(res.Text(), "/invitations/0") && res.Document().Find("input.mono").Length() > 0 {
		t.Errorf("by mail: %s", res.Text())
	}
	if res := invite("linked@example.com", ""); res.Document().Find("input.mono").Length() != 1 || strings.Contains(res.Text(), "on the way") {
		t.Errorf("by a link: %s", res.Text())
	}
	sink.RefuseMails(451, [3]int{4, 3, 0}, "Try later")
	list := func() string {
		return s.Send(t, webtest.Page, webtest.Request{Path: "/organizations/default/invitations", As: webtest.Admin}).Text()
	}
	if got := list(); !strings.Contains(got, "Mail on its way") || strings.Count(got, "Send again") != 2 {
		t.Errorf("before: %s", got)
	}
	if err := s.Service.Invite.SendMails(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := list(); !strings.Contains(got, "Mail is tried again: The mail server refused the mail: 451 4.3.0 Try later") {
		t.Errorf("after a try: %s", got)
	}
}
