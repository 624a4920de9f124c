package main

import (
	"context"
	"fmt"
	"log/slog"

	"rolecall.example/org/factor"
	"rolecall.example/org/services"
)

// passkeys returns those of the site, nil if browsers cannot use any: without --access-url, at an IP address, or
// without TLS.
func (c *config) passkeys() *factor.Passkeys {
	if c.accessURL == nil {
		return nil
	}
	p, err := factor.NewPasskeys(c.accessURL)
	if err != nil {
		return nil
	}
	return p
}

// keepPasskeys refuses to start at another host than the one that the passkeys were made for, since they would not work
// there. An operator who intends the change says so, and they are removed.
func (c *config) keepPasskeys(ctx context.Context, service *services.Service, log *slog.Logger) error {
	host := ""
	if c.accessURL != nil {
		host = c.accessURL.Hostname()
	}
	n, err := service.PasskeysElsewhere(ctx, host)
	if err != nil || n == 0 {
		return err
	}
	if !c.forgetPasskeys {
		return usageError(fmt.Sprintf("%s made at another host than that of --access-url, and cannot be used: set it as it was, "+
			"or add --forget-passkeys to remove them", counted(int(n), "passkey was", "passkeys were")))
	}
	accounts, err := service.ForgetPasskeys(ctx, host)
	if err == nil {
		log.Warn("passkeys of another host were removed", "passkeys", n, "accounts", accounts)
	}
	return err
}
