package io.chaosrunner.export;

import io.chaosrunner.model.ForeignText;
import java.io.StringWriter;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;

/**
 * HTML as a tree: a text can only be a text and an attribute only an attribute, so nothing that a
 * stranger wrote is ever markup. What is invisible is written as {@code \}{@code u} and four
 * digits. Owned by one thread.
 */
public final class Page {
    private final StringWriter text = new StringWriter();
    private final XMLStreamWriter xml;

    public Page() {
        try {
            xml = XMLOutputFactory.newDefaultFactory().createXMLStreamWriter(text);
        } catch (XMLStreamException e) {
            throw impossible(e);
        }
    }

    /**
     * Begin an element.
     *
     * @param attributes names and values by turns
     */
    public Page open(String element, String... attributes) {
        try {
            xml.writeStartElement(element);
            attributes(attributes);
            return this;
        } catch (XMLStreamException e) {
            throw impossible(e);
        }
    }

    /** End the element that was begun last. */
    public Page close() {
        try {
            // An end tag of its own even where nothing is in it: HTML knows no other.
            xml.writeCharacters("");
            xml.writeEndElement();
            return this;
        } catch (XMLStreamException e) {
            throw impossible(e);
        }
    }

    /** Write a text, whoever wrote it. */
    public Page text(String foreign) {
        try {
            xml.writeCharacters(ForeignText.visible(foreign));
            return this;
        } catch (XMLStreamException e) {
            throw impossible(e);
        }
    }

    /** Write an element with a text and nothing else in it. */
    public Page leaf(String element, String foreign, String... attributes) {
        return open(element, attributes).text(foreign).close();
    }

    /** Write what another page holds, as it stands: it was escaped there. */
    public Page insert(Page other) {
        int _ = length();
        text.append(other.toString());
        return this;
    }

    /** Return how many characters are written; the tag that was begun last is ended. */
    public int length() {
        try {
            xml.writeCharacters("");
            xml.flush();
            return text.getBuffer().length();
        } catch (XMLStreamException e) {
            throw impossible(e);
        }
    }

    private void attributes(String... attributes) throws XMLStreamException {
        for (int i = 0; i < attributes.length; i += 2) {
            xml.writeAttribute(attributes[i], ForeignText.visible(attributes[i + 1]));
        }
    }

    private static IllegalStateException impossible(XMLStreamException e) {
        return new IllegalStateException("this is a bug: " + e.getMessage(), e);
    }

    /** Return what was written. */
    @Override
    public String toString() {
        try {
            xml.flush();
        } catch (XMLStreamException e) {
            throw impossible(e);
        }
        return text.toString();
    }
}
