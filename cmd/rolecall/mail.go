package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"rolecall.example/org/mailer"
	"rolecall.example/org/services"
)

// maxPassword is the maximum size of a file with a password, in bytes. A larger one is some other file.
const maxPassword = 4096

// checkMail reads the settings of the mail server. A mistake in them ends the start: otherwise only people who wait for
// mails would notice it. The server itself is not contacted, since it may be down.
func (c *config) checkMail() (err error) {
	if c.smtp.Address == "" {
		if c.smtp.From != "" || c.smtp.Username != "" || c.smtpPasswordFile != "" {
			return usageError("--smtp-from, --smtp-username and --smtp-password-file need --smtp-address")
		}
		return nil
	}
	switch {
	case c.smtp.From == "":
		return usageError("--smtp-address needs --smtp-from, the address that mails come from")
	case c.accessURL == nil:
		return usageError("the links in mails lead to --access-url: set it")
	case (c.smtp.Username == "") != (c.smtpPasswordFile == ""):
		return usageError("--smtp-username and --smtp-password-file need each other")
	}
	if c.smtpPasswordFile != "" {
		if c.smtp.Password, err = readPassword(c.smtpPasswordFile); err != nil {
			return usageError("--smtp-password-file: " + err.Error())
		}
	}
	if c.mailer, err = mailer.New(c.smtp); err != nil {
		return usageError("--smtp-" + err.Error())
	}
	return nil
}

func readPassword(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	if info.Size() > maxPassword {
		return "", fmt.Errorf("%s is too large for a password", path)
	}
	text, err := os.ReadFile(path)
	password := strings.TrimRight(string(text), "\r\n")
	if err == nil && password == "" {
		err = fmt.Errorf("%s is empty", path)
	}
	return password, err
}

// sendMails sends new mails, and retries those that failed, until ctx ends. It looks every half a minute, since another
// server may have written one and stopped. With several servers, any of them may do it.
func sendMails(ctx context.Context, service *services.Service, log *slog.Logger) {
	if !service.Invite.SendsMail() {
		return
	}
	for {
		if err := service.Invite.SendMails(ctx); err != nil && ctx.Err() == nil {
			log.Warn("mails wait", "err", err)
		}
		wait := 30 * time.Second
		if at, ok, err := service.Invite.NextMail(ctx); err == nil && ok {
			wait = max(5*time.Second, min(wait, time.Until(at)))
		}
		select {
		case <-ctx.Done():
			return
		case <-service.Invite.Queued():
		case <-time.After(wait):
		}
	}
}
