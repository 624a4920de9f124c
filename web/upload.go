package web

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/url"
)

// A form with a file consists of parts. They are read as ordinary fields: a file counts as its text.

// boundary returns the separator between the parts of a form with a file; "" for any other request.
func (c *call) boundary() string {
	types := c.request().Header.Values("Content-Type")
	if len(types) != 1 {
		return ""
	}
	media, params, err := mime.ParseMediaType(types[0])
	if err != nil || media != typeUpload {
		return ""
	}
	return params["boundary"]
}

// parseUpload reads the fields of a form with a file. A file that was not chosen has no name, and is left out.
func parseUpload(data []byte, boundary string) (url.Values, error) {
	values, parts := url.Values{}, multipart.NewReader(bytes.NewReader(data), boundary)
	for n := 0; n <= maxForm; n++ { // one more than allowed, which the reader of the fields refuses
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			return values, nil
		}
		if err != nil {
			return values, err
		}
		text, err := io.ReadAll(part)
		if err != nil {
			return values, err
		}
		name := part.FormName()
		_, params, _ := mime.ParseMediaType(part.Header.Get("Content-Disposition"))
		if file, is := params["filename"]; name != "" && (!is || file != "") {
			values.Add(name, string(text))
		}
	}
	return values, nil
}
