package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"mime"
	"net/http"

	"github.com/spf13/pflag"

	"rolecall.example/client"
	"rolecall.example/org/catalogfile"
	"rolecall.example/rbac"
)

// exportFormats are the forms in which a catalog is written.
var exportFormats = []string{"yaml", "json", "ts", "go"}

// catalogExportCommand writes files, so it has --format and no --output, and nothing but the file goes to standard
// output.
func catalogExportCommand() *command {
	format, pkg, ownDefault, version := "yaml", "", false, int64(0)
	return &command{
		name: "catalog export", operand: "[FILE]", raw: true,
		summary: "Write a catalog as a file, or as constants for TypeScript or Go",
		about: "FILE is a catalog; without it, the one of the server or the database is written. The output for a catalog is always the\n" +
			"same, so it can be committed and compared.\n\n" +
			"yaml and json are files that catalog check reads. ts is a constant with types of its names, go has typed constants.",
		examples: []string{
			"rolecall catalog export --url https://roles.example.com > catalog.yaml",
			"rolecall catalog export --default > catalog.yaml",
			"rolecall catalog export catalog.yaml --format ts > catalog.ts",
			"rolecall catalog export catalog.yaml --format go --package permissions > permissions/catalog.go",
		},
		settings: askSettings,
		flags: func(fs *pflag.FlagSet) {
			fs.Int64Var(&version, "version", 0, "`NUMBER` of the version; without it, the one in force")
			fs.BoolVar(&ownDefault, "default", false, "the catalog that comes with the program")
			fs.Var(&choice{&format, exportFormats}, "format", "`FORM` to write: yaml, json, ts or go")
			fs.StringVar(&pkg, "package", "", "`NAME` of the package for --format go; without it, that of the product")
		},
		run: func(ctx context.Context, t *terminal, c *config) error {
			d, err := t.catalogToExport(ctx, c, ownDefault, version)
			if err != nil {
				return err
			}
			text, err := writtenCatalog(d, format, pkg)
			if err == nil {
				_, err = t.out.Write(text)
			}
			return err
		},
	}
}

// writtenCatalog writes a catalog in one of exportFormats. The whole text is made before any of it is written: a script
// that does not check would commit half a file.
func writtenCatalog(d *rbac.Document, format, pkg string) ([]byte, error) {
	switch format {
	case "json":
		return catalogfile.WriteJSON(d), nil
	case "ts":
		return catalogfile.TypeScript(d), nil
	case "go":
		pkg = cmp.Or(pkg, catalogfile.PackageName(d))
		if !catalogfile.IsPackageName(pkg) {
			return nil, usageError(fmt.Sprintf("%q is no name of a Go package", pkg))
		}
		return catalogfile.Go(d, pkg), nil
	}
	return catalogfile.WriteYAML(d), nil
}

// catalogToExport reads the catalog from a file, the program, or a server.
func (t *terminal) catalogToExport(ctx context.Context, c *config, ownDefault bool, version int64) (d *rbac.Document, err error) {
	switch {
	case version < 0:
		return nil, usageError("--version: versions begin with 1")
	case ownDefault && (version > 0 || c.operand != ""), version > 0 && c.operand != "":
		return nil, usageError("FILE, --default and --version exclude each other")
	case ownDefault:
		// No server is asked: this is the starting point for one's own catalog.
		return rbac.Default().Document(), nil
	case c.operand != "":
		return t.readCatalog(c.operand)
	}
	err = asking(ctx, c, func(api *client.Client) error {
		d, err = storedCatalog(ctx, api, version)
		return err
	})
	return d, err
}

// storedCatalog reads a version of a server's catalog from its source; 0 means the one in force. A server that has no
// source runs the catalog that comes with the program, as long as both know the same permissions.
func storedCatalog(ctx context.Context, api *client.Client, version int64) (*rbac.Document, error) {
	path, name := "/catalog", "the catalog of the server"
	if version > 0 {
		path, name = fmt.Sprintf("/catalog/versions/%d", version), fmt.Sprintf("version %d of the catalog", version)
	}
	// YAML is the source; the second choice is what a server without one can send.
	res, err := api.Raw(ctx, http.MethodGet, path, http.Header{"Accept": {"application/yaml, application/json;q=0.5"}}, nil)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	// One byte more than allowed, so that the reader refuses a truncated file.
	text, err := io.ReadAll(io.LimitReader(res.Body, catalogfile.MaxBytes+1))
	if err != nil {
		return nil, err
	}
	kind, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type"))
	switch {
	case version > 0 && res.StatusCode == http.StatusNotFound:
		return nil, usageError(fmt.Sprintf("there is no version %d of the catalog", version))
	case version > 0 && (res.StatusCode != http.StatusOK || kind != "application/yaml"):
		return nil, fmt.Errorf("%s: %w", name, &client.Error{Status: res.StatusCode, Message: "the server does not show its source"})
	case res.StatusCode != http.StatusOK || kind != "application/yaml":
		return defaultCatalogOf(ctx, api)
	}
	d, problems := catalogfile.Read("", text)
	return d, catalogfile.Errors(name, problems)
}

// defaultCatalogOf compares both ways: a catalog that is only almost the same must not be exported as that of the
// server.
func defaultCatalogOf(ctx context.Context, api *client.Client) (*rbac.Document, error) {
	got, err := api.Catalog(ctx)
	if err != nil {
		return nil, err
	}
	pairs := 0
	for _, t := range got.Types {
		for _, a := range t.Actions {
			if !rbac.Default().Valid(t.Name, a.Name) {
				return nil, fmt.Errorf("this program does not know %s:%s, which the server has: use the version of the server", t.Name, a.Name)
			}
			pairs++
		}
	}
	if pairs != rbac.Default().Pairs() {
		return nil, fmt.Errorf("the server has %d permissions, and this program knows %d: use the version of the server", pairs, rbac.Default().Pairs())
	}
	return rbac.Default().Document(), nil
}
