package web

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/url"
)

// A form with a file comes in parts. They are taken as fields like any other: what is read of a file is its text.

// boundary is what stands between the parts of a form with a file; "" if the request is none.
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

// parseUpload reads the fields of a form with a file. A file that was not chosen has no name, and is no field.
func parseUpload(data []byte, boundary string) (url.Values, error) {
	values, parts := url.Values{}, multipart.NewReader(bytes.NewReader(data), boundary)
	for n := 0; n <= maxForm; n++ { // one more than may be, which whoever reads them refuses
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
