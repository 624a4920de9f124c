package main

import (
	"context"
	"log/slog"
	"os"

	"rolecall.example/org"
	"rolecall.example/org/catalogfile"
	"rolecall.example/org/services"
)

// bringCatalog puts the catalog of --catalog in force in a database that has no account yet. In any other database it
// changes nothing, and logs if the file has a different content: two replicas with two files would undo each other's
// change at every start.
func (c *config) bringCatalog(ctx context.Context, service *services.Service, log *slog.Logger) error {
	if c.catalogFile == "" {
		return nil
	}
	text, err := os.ReadFile(c.catalogFile)
	if err != nil {
		return usageError(err.Error())
	}
	// A server that cannot read its catalog does not start: it would run with another one than its operator believes.
	d, problems := catalogfile.Read(c.catalogFile, text)
	if err := catalogfile.Errors(c.catalogFile, problems); err != nil {
		return usageError(err.Error())
	}
	filled, differs, err := service.FillCatalog(ctx, org.CatalogChange{
		Document: d, Source: string(text), Note: "From the file that the server was started with",
	})
	switch {
	case err != nil:
		return err
	case filled:
		log.Info("the catalog is that of the file", "file", c.catalogFile)
	case differs:
		log.Warn("the file of --catalog has another catalog than the one in force, and is not applied; see rolecall catalog diff", "file", c.catalogFile)
	}
	return nil
}
