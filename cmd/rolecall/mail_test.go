package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rolecall.example/client"
	"rolecall.example/db/dbtest"
	"rolecall.example/org/mailer/smtptest"
)

// TestMailMistakes: settings by which no mail could go out, or one in clear text, end the start before a file is made.
func TestMailMistakes(t *testing.T) {
	t.Parallel()
	dbtest.FileOnly(t, "what is not made are files")
	dir := t.TempDir()
	empty, secret := filepath.Join(dir, "empty"), filepath.Join(dir, "secret")
	for path, text := range map[string]string{empty: "\n", secret: "password\n"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for says, args := range map[string][]string{
		"need --smtp-address":            {"--smtp-from", "a@example.com"},
		"needs --smtp-from":              {"--smtp-address", "smtp.example.com:587"},
		"lead to --access-url":           {"--smtp-address", "smtp.example.com:587", "--smtp-from", "a@example.com"},
		"need each other":                {"--smtp-address", "smtp.example.com:587", "--smtp-from", "a@example.com", "--smtp-username", "a", "--access-url", "https://x.example.com"},
		"--smtp-password-file: ":         {"--smtp-address", "smtp.example.com:587", "--smtp-from", "a@example.com", "--smtp-username", "a", "--smtp-password-file", empty, "--access-url", "https://x.example.com"},
		"--smtp-tls: off is for":         {"--smtp-address", "smtp.example.com:25", "--smtp-from", "a@example.com", "--smtp-tls", "off", "--access-url", "https://x.example.com"},
		"leave out the username":         {"--smtp-address", "127.0.0.1:25", "--smtp-from", "a@example.com", "--smtp-username", "a", "--smtp-password-file", secret, "--smtp-tls", "off", "--access-url", "https://x.example.com"},
		"--smtp-tls: \"ssl\"":            {"--smtp-address", "127.0.0.1:25", "--smtp-from", "a@example.com", "--smtp-tls", "ssl", "--access-url", "https://x.example.com"},
		"--smtp-address: \"smtp.example": {"--smtp-address", "smtp.example.com", "--smtp-from", "a@example.com", "--access-url", "https://x.example.com"},
	} {
		file := filepath.Join(dir, "new.db")
		code, _, log := call(t, "", append([]string{"serve", "--db", file}, args...)...)
		if _, err := os.Stat(file); code != exitUsage || err == nil {
			t.Errorf("%v: exit code %d, a file is there: %v\n%s", args, code, err == nil, log)
		}
		if !strings.Contains(log, says) {
			t.Errorf("%v: got %q, want %q", args, log, says)
		}
	}
}

// TestInvitationsByMail: who is invited on the command line gets a mail from the server, and its link works. The server ends
// soon although the mail server says nothing.
func TestInvitationsByMail(t *testing.T) {
	t.Parallel()
	sink := smtptest.New(t, smtptest.Plain)
	a := newAskable(t, "--access-url", "http://roles.test", "--smtp-address", sink.Address, "--smtp-from", "rolecall@example.com", "--smtp-tls", "off")
	env := map[string]string{"ROLECALL_URL": a.url, "ROLECALL_TOKEN": a.token}
	ask := func(args ...string) string {
		t.Helper()
		p := start(t, env, "", append([]string{"invitations"}, args...)...)
		if code := p.exit(t); code != exitDone {
			t.Fatalf("%v: exit code %d\n%s", args, code, p.log.String())
		}
		return p.out.String()
	}
	if out := ask("create", "new@example.com", "--role", "reader", "--send"); !strings.Contains(out, "goes out by mail") || strings.Contains(out, "http://") {
		t.Errorf("got %s", out)
	}
	for deadline := time.Now().Add(patience); len(sink.Taken()) == 0 && time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
	}
	text := sink.Taken()[0].Letter(t).Text
	_, link, _ := strings.Cut(text, "http://roles.test/invitations/")
	link, _, _ = strings.Cut(link, "\n")
	stranger := client.Client{BaseURL: a.url}
	if _, err := stranger.AcceptInvitation(t.Context(), link, client.AcceptInvitation{Username: "newcomer", Password: "correct horse battery staple"}); err != nil {
		t.Errorf("the link of the mail: %v\n%s", err, text)
	}
	sink.SayNothing()
	ask("create", "later@example.com", "--send")
	if out := ask("list", "--state", "pending"); !strings.Contains(out, "later@example.com") {
		t.Errorf("got %s", out)
	}
}
