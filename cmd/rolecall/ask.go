package main

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"

	"rolecall.example/client"
	"rolecall.example/org"
	"rolecall.example/org/account"
	"rolecall.example/org/services"
	"rolecall.example/web"
)

// The commands that ask are clients of the API, which another process serves, or this one from the file. Both give the
// same answers, and --json prints what a program would get.

// askSettings are the settings of the commands that ask.
var askSettings = []string{"db", "url", "context", "ca-file"}

// orServer ends the message about a missing database if a server could be asked instead.
const orServer = ", or a server with --url"

// asking runs fn with a client of the server, or of the file, that the settings name. Every command that reads or
// changes something by the rules uses it.
func asking(ctx context.Context, c *config, fn func(*client.Client) error) error {
	if c.server != nil {
		// Without a token each request would be a 401, which does not say where a token comes from.
		if c.token == "" {
			return usageError("ROLECALL_TOKEN is needed to ask a server; rolecall login stores one, rolecall tokens create makes one")
		}
		return fn(c.remote())
	}
	// Before the file is opened: a mistake in the settings is one in the call, whatever the database contains.
	policies, err := c.oidc.policies()
	if err != nil {
		return err
	}
	c.elsewhere = orServer
	// The file is opened for one command and closed after it, so that it works beside a running server.
	return operateStored(ctx, c, func(ctx context.Context, service *services.Service, operator *org.Actor, store *account.SessionStore) error {
		api, err := local(service, operator, store, c.accessURL, policies)
		if err != nil {
			return err
		}
		return fn(api)
	})
}

// local returns a client of the use cases in this process, which asks as the operator. Links that it makes begin with
// accessURL; nil for a command that makes none. policies is what the settings say about sign-in providers, nil if they
// say nothing.
func local(service *services.Service, operator *org.Actor, store *account.SessionStore, accessURL *url.URL, policies []org.Provider) (*client.Client, error) {
	// The log is discarded: its lines are for servers, and commands get errors as answers.
	handler, err := web.New(web.Options{
		Service: service, Sessions: store, Version: version(), AccessURL: accessURL, Policies: policies, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return nil, err
	}
	return &client.Client{
		// Nothing is sent there; a client just needs an address to build its requests from.
		BaseURL: "http://localhost", UserAgent: "rolecall " + version(),
		HTTPClient: &http.Client{Transport: inProcess{handler.InProcess(operator)}},
	}, nil
}
