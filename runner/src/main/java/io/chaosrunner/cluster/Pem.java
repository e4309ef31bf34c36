package io.chaosrunner.cluster;

import io.chaosrunner.cluster.ClusterException.Kind;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Certificates and keys in PEM as Go reads them: text between the blocks, and other blocks, are
 * passed over.
 */
final class Pem {
    private static final Pattern BLOCK =
            Pattern.compile(
                    "-----BEGIN ([A-Z0-9 ]+)-----\\s*?\\R([^-]*+(?:-(?!----)[^-]*+)*+)-----END \\1-----");

    private static final int DER_SEQUENCE = 0x30;
    private static final int DER_OCTETS = 0x04;
    private static final byte[] DER_ZERO = {2, 1, 0};

    private Pem() {}

    private record Block(String type, byte[] content) {}

    /** Return a file's text. */
    static String text(Path file) {
        return new String(bytes(file), StandardCharsets.UTF_8);
    }

    static byte[] bytes(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new ClusterException(
                    Kind.UNCONFIGURED,
                    "cannot read %s%s"
                            .formatted(
                                    file,
                                    e instanceof NoSuchFileException
                                            ? ": there is no such file"
                                            : ""),
                    e);
        }
    }

    private static List<Block> blocks(String pem) {
        var blocks = new ArrayList<Block>();
        Matcher matcher = BLOCK.matcher(pem);
        while (matcher.find()) {
            try {
                blocks.add(
                        new Block(
                                matcher.group(1),
                                Base64.getMimeDecoder().decode(matcher.group(2))));
            } catch (IllegalArgumentException notBase64) {
                // Whatever it is: it is none of those that are looked for.
            }
        }
        return blocks;
    }

    /**
     * Return all certificates that can be read.
     *
     * @throws CertificateException if there is none
     */
    static List<X509Certificate> certificates(String pem) throws CertificateException {
        CertificateFactory factory = CertificateFactory.getInstance("X.509");
        var certificates = new ArrayList<X509Certificate>();
        CertificateException problem = new CertificateException("it holds none");
        for (Block block : blocks(pem)) {
            if (block.type().equals("CERTIFICATE")) {
                try {
                    certificates.add(
                            (X509Certificate)
                                    factory.generateCertificate(
                                            new ByteArrayInputStream(block.content())));
                } catch (CertificateException e) {
                    problem = e;
                }
            }
        }
        if (certificates.isEmpty()) {
            throw problem;
        }
        return certificates;
    }

    /**
     * Return the first private key.
     *
     * @param of the public key that it must belong to
     * @throws GeneralSecurityException if there is none, or another key's
     */
    static PrivateKey key(String pem, PublicKey of) throws GeneralSecurityException {
        Block block =
                blocks(pem).stream()
                        .filter(each -> each.type().endsWith("PRIVATE KEY"))
                        .findFirst()
                        .orElseThrow(() -> new GeneralSecurityException("there is no private key"));
        byte[] pkcs8 =
                switch (block.type()) {
                    case "PRIVATE KEY" -> block.content();
                    case "ENCRYPTED PRIVATE KEY" ->
                            throw new GeneralSecurityException("the private key is encrypted");
                    // Of RSA or EC alone: what kind it is stands in the certificate, too.
                    default ->
                            der(DER_SEQUENCE, DER_ZERO, kind(of), der(DER_OCTETS, block.content()));
                };
        PrivateKey key =
                KeyFactory.getInstance(of.getAlgorithm())
                        .generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
        if (!belongsTo(of, key)) {
            throw new GeneralSecurityException("the private key is not the certificate's");
        }
        return key;
    }

    private static boolean belongsTo(PublicKey of, PrivateKey key) throws GeneralSecurityException {
        String algorithm =
                switch (of.getAlgorithm()) {
                    case "RSA" -> "SHA256withRSA";
                    case "EC" -> "SHA256withECDSA";
                    default -> of.getAlgorithm();
                };
        Signature signature = Signature.getInstance(algorithm);
        signature.initSign(key);
        byte[] signed = signature.sign();
        signature.initVerify(of);
        return signature.verify(signed);
    }

    /** Return the AlgorithmIdentifier that a public key, in X.509, begins with. */
    private static byte[] kind(PublicKey key) {
        ByteBuffer der = ByteBuffer.wrap(key.getEncoded());
        der.get();
        length(der);
        int start = der.position();
        der.get();
        int length = length(der);
        byte[] kind = new byte[der.position() + length - start];
        der.get(start, kind);
        return kind;
    }

    private static int length(ByteBuffer der) {
        int first = der.get() & 0xff;
        if (first < 0x80) {
            return first;
        }
        int length = 0;
        for (int left = first & 0x7f; left > 0; left--) {
            length = length << 8 | der.get() & 0xff;
        }
        return length;
    }

    private static byte[] der(int tag, byte[]... parts) {
        int length = 0;
        for (byte[] part : parts) {
            length += part.length;
        }
        ByteBuffer der = ByteBuffer.allocate(length + 5);
        der.put((byte) tag);
        if (length < 0x80) {
            der.put((byte) length);
        } else if (length < 0x100) {
            der.put((byte) 0x81).put((byte) length);
        } else {
            der.put((byte) 0x82).putShort((short) length);
        }
        for (byte[] part : parts) {
            der.put(part);
        }
        byte[] all = new byte[der.position()];
        der.get(0, all);
        return all;
    }
}
