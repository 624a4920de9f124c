package main

import (
	"context"
	"log/slog"
	"net/http"

	"rolecall.example/client"
	"rolecall.example/org"
	"rolecall.example/org/account"
	"rolecall.example/org/services"
	"rolecall.example/web"
)

// The commands that ask are clients of the API, served by another process or by this one from the file. So both sources
// give the same answers, and --json prints what a program would get.

// askSettings are the settings of the commands that ask.
var askSettings = []string{"db", "url", "context", "ca-file"}

// asking runs fn with a client of the server, or of the file, that the settings name.
func asking(ctx context.Context, c *config, fn func(*client.Client) error) error {
	if c.server != nil {
		if c.token == "" {
			return usageError("ROLECALL_TOKEN is needed to ask a server; rolecall login stores one, rolecall token create makes one")
		}
		return fn(c.remote())
	}
	c.elsewhere = ", or a server with --url"
	return operateStored(ctx, c, func(ctx context.Context, service *services.Service, operator *org.Actor, store *account.SessionStore) error {
		handler, err := web.New(web.Options{Service: service, Sessions: store, Version: version(), Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			return err
		}
		return fn(&client.Client{BaseURL: "http://localhost", HTTPClient: &http.Client{Transport: inProcess{handler.InProcess(operator)}}})
	})
}
