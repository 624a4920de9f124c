package mailer_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"rolecall.example/org"
	"rolecall.example/org/mailer"
	"rolecall.example/org/mailer/smtptest"
)

var letter = org.Mail{To: "grace@example.com", Subject: "Einladung für Grüne Äpfel GmbH · דוגמה", Text: "line\n.\nother\n", HTML: "<p>Ä</p>\n"}

// to are settings for a server of a test.
func to(s *smtptest.Server, mode string) mailer.Settings {
	return mailer.Settings{
		Address: s.Address, From: "rolecall <rolecall@roles.example.com>", Username: smtptest.Username, Password: smtptest.Password, Mode: mode,
		Authorities: s.Authorities, Timeout: 5 * time.Second,
	}
}

func send(t *testing.T, s mailer.Settings, m org.Mail) *org.MailError {
	t.Helper()
	out, err := mailer.New(s)
	if err != nil {
		t.Fatal(err)
	}
	err = out.Send(t.Context(), m)
	if err == nil {
		return nil
	}
	failure, ok := errors.AsType[*org.MailError](err)
	if !ok {
		t.Fatalf("%v is no MailError", err)
	}
	return failure
}

// TestSend: a mail arrives as it was written, over TLS, and tells nothing of the machine.
func TestSend(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{smtptest.StartTLS, smtptest.TLS, smtptest.Plain} {
		s := smtptest.New(t, mode)
		settings := to(s, mode)
		if mode == smtptest.Plain {
			settings.Username, settings.Password = "", ""
		}
		if err := send(t, settings, letter); err != nil {
			t.Fatalf("%s: %v", mode, err)
		}
		taken := s.Taken()
		if len(taken) != 1 || taken[0].From != "rolecall@roles.example.com" || len(taken[0].To) != 1 || taken[0].To[0] != letter.To {
			t.Fatalf("%s: took %+v", mode, taken)
		}
		if plain := mode == smtptest.Plain; taken[0].TLS == plain || (taken[0].User == "") != plain {
			t.Errorf("%s: TLS %v, signed in as %q", mode, taken[0].TLS, taken[0].User)
		}
		got := taken[0].Letter(t)
		if got.Subject != letter.Subject || got.Text != letter.Text || strings.ReplaceAll(got.HTML, "\r\n", "\n") != letter.HTML {
			t.Errorf("%s: arrived as %+v", mode, got)
		}
		if id := got.Header.Get("Message-Id"); !strings.HasSuffix(id, "@roles.example.com>") || got.Header.Get("Auto-Submitted") == "" {
			t.Errorf("%s: header %v", mode, got.Header)
		}
		for _, name := range []string{"User-Agent", "X-Mailer"} {
			if got.Header.Get(name) != "" {
				t.Errorf("%s: there is a %s", mode, name)
			}
		}
	}
}

// TestSendFails: what goes wrong is told in words that say nothing of machines, and whether another try makes sense.
func TestSendFails(t *testing.T) {
	t.Parallel()
	s := smtptest.New(t, smtptest.StartTLS)
	silent, plain, other, stopped := smtptest.New(t, smtptest.StartTLS), smtptest.New(t, smtptest.Plain), to(s, smtptest.StartTLS), to(s, smtptest.StartTLS)
	silent.SayNothing()
	stopped.Address = "127.0.0.1:1" // where nothing is: the port of a server that stops may be given to that of another test
	wrong, hasty := to(s, smtptest.StartTLS), to(silent, smtptest.StartTLS)
	wrong.Password, hasty.Timeout, other.Authorities = "wrong", 200*time.Millisecond, plain.Authorities
	refused := letter
	refused.Subject = "Invitation\r\nBcc: everybody@example.com"
	for _, c := range []struct {
		name        string
		to          mailer.Settings
		mail        org.Mail
		answers     func()
		says        string
		down, final bool
	}{
		{"an unknown address", to(s, ""), letter, func() { s.RefuseAddresses(550, [3]int{5, 1, 1}, "No such user") }, "refused the address: 550 5.1.1 No such user", false, true},
		{"a sender that may not relay", to(s, ""), letter, func() { s.RefuseAddresses(550, [3]int{5, 7, 1}, "Relay denied") }, "refused the address: 550 5.7.1 Relay denied", false, false},
		{"a full mailbox", to(s, ""), letter, func() { s.RefuseAddresses(452, [3]int{4, 2, 2}, "Full") }, "refused the address: 452 4.2.2 Full", false, false},
		{"a refused mail", to(s, ""), letter, func() { s.RefuseMails(554, [3]int{5, 6, 0}, "Looks like spam") }, "refused the mail: 554 5.6.0 Looks like spam", false, false},
		{"a wrong password", wrong, letter, s.TakeAll, "does not let this site sign in", true, false},
		{"a certificate of another", other, letter, s.TakeAll, "certificate of the mail server is not valid", true, false},
		{"no TLS", to(plain, smtptest.StartTLS), letter, s.TakeAll, "does not offer TLS", true, false},
		{"a server that is down", stopped, letter, s.TakeAll, "could not be reached", true, false},
		{"a server that says nothing", hasty, letter, s.TakeAll, "took too long", true, false},
		{"a line break in a header", to(s, ""), refused, s.TakeAll, "could not be written", false, true},
	} {
		s.TakeAll()
		c.answers()
		err := send(t, c.to, c.mail)
		if err == nil || !strings.Contains(err.Message, c.says) || err.Down != c.down || err.Final != c.final {
			t.Errorf("%s: got %+v", c.name, err)
			continue
		}
		if strings.Contains(err.Message, "127.0.0.1") || strings.Contains(err.Error(), smtptest.Password) {
			t.Errorf("%s: tells too much: %v", c.name, err)
		}
	}
	if n := len(s.Taken()) + len(plain.Taken()); n != 0 {
		t.Errorf("%d mails were taken", n)
	}
}

// TestSendStops: a mail that is given up does not hold up the end of the server.
func TestSendStops(t *testing.T) {
	t.Parallel()
	s := smtptest.New(t, smtptest.StartTLS)
	s.SayNothing()
	out, err := mailer.New(to(s, ""))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	begun := time.Now()
	if err := out.Send(ctx, letter); err == nil || time.Since(begun) > 4*time.Second {
		t.Errorf("ended after %v with %v", time.Since(begun), err)
	}
}

// TestSettings: settings that would send in clear text, or nothing, are refused.
func TestSettings(t *testing.T) {
	t.Parallel()
	good := mailer.Settings{Address: "smtp.example.com:587", From: "rolecall@example.com"}
	for says, change := range map[string]func(*mailer.Settings){
		"":                        func(*mailer.Settings) {},
		"is no address like smtp": func(s *mailer.Settings) { s.Address = "smtp.example.com" },
		"has no port":             func(s *mailer.Settings) { s.Address = "smtp.example.com:smtp" },
		"from:":                   func(s *mailer.Settings) { s.From = "rolecall" },
		"is none of":              func(s *mailer.Settings) { s.Mode = "maybe" },
		"is another one":          func(s *mailer.Settings) { s.Mode = org.MailPlain },
		"clear text": func(s *mailer.Settings) {
			s.Mode, s.Address, s.Username, s.Password = org.MailPlain, "[::1]:25", "a", "b"
		},
		"needs a password": func(s *mailer.Settings) { s.Username = "a" },
	} {
		s := good
		change(&s)
		_, err := mailer.New(s)
		if (err == nil) != (says == "") || err != nil && !strings.Contains(err.Error(), says) {
			t.Errorf("want %q, got %v", says, err)
		}
	}
}
