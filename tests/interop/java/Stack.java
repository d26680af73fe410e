import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.StringReader;
import java.io.StringWriter;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executors;
import javax.xml.namespace.QName;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.soap.SOAPMessage;
import javax.xml.transform.OutputKeys;
import javax.xml.transform.Source;
import javax.xml.transform.Transformer;
import javax.xml.transform.TransformerFactory;
import javax.xml.transform.dom.DOMSource;
import javax.xml.transform.stream.StreamResult;
import javax.xml.transform.stream.StreamSource;
import javax.xml.ws.BindingProvider;
import javax.xml.ws.Dispatch;
import javax.xml.ws.Service;
import javax.xml.ws.handler.Handler;
import javax.xml.ws.handler.MessageContext;
import javax.xml.ws.handler.soap.SOAPHandler;
import javax.xml.ws.handler.soap.SOAPMessageContext;
import javax.xml.ws.soap.SOAPFaultException;
import org.apache.ws.security.WSConstants;
import org.apache.ws.security.WSDataRef;
import org.apache.ws.security.WSEncryptionPart;
import org.apache.ws.security.WSSConfig;
import org.apache.ws.security.WSSecurityEngine;
import org.apache.ws.security.WSSecurityEngineResult;
import org.apache.ws.security.components.crypto.Merlin;
import org.apache.ws.security.message.WSSecHeader;
import org.apache.ws.security.message.WSSecSignature;
import org.apache.ws.security.message.WSSecTimestamp;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.Node;

/** WSS4J as a client, as a server and as a judge of envelopes; JAX-WS RI with it as another client. */
public final class Stack {
    private static final String SOAP = "http://schemas.xmlsoap.org/soap/envelope/";
    private static final String XSI = "http://www.w3.org/2001/XMLSchema-instance";
    private static final String WSSE =
        "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd";
    private static final char[] PASSWORD = "ediel".toCharArray();
    private static final Map<String, Integer> WAYS = Map.of(
        "token", WSConstants.BST_DIRECT_REFERENCE,
        "ski", WSConstants.SKI_KEY_IDENTIFIER,
        "issuer-serial", WSConstants.ISSUER_SERIAL,
        "thumbprint", WSConstants.THUMBPRINT_IDENTIFIER,
        "certificate", WSConstants.X509_KEY_IDENTIFIER);

    private final Merlin signs = new Merlin();
    private final Merlin believes = new Merlin();
    private String algorithm = WSConstants.RSA_SHA1;
    private String digest = WSConstants.SHA1;

    /** Arguments: PKCS#12 of its own, PEM of the other side, PEM of the issuer. */
    private Stack(String own, String other, String issuer) throws Exception {
        WSSConfig.init();
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = new FileInputStream(own)) {
            keys.load(in, PASSWORD);
        }
        signs.setKeyStore(keys);
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        CertificateFactory factory = CertificateFactory.getInstance("X.509");
        for (String name : List.of(issuer, other)) {
            try (InputStream in = new FileInputStream(name)) {
                int number = 0;
                for (Certificate found : factory.generateCertificates(in)) {
                    trusted.setCertificateEntry(name + number++, found);
                }
            }
        }
        believes.setKeyStore(trusted);
    }

    public static void main(String[] words) throws Exception {
        Stack stack = new Stack(words[1], words[2], words[3]);
        if (words.length > 6 && words[6].equals("rsa-sha256")) {
            stack.algorithm = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
            stack.digest = WSConstants.SHA256;
        }
        switch (words[0]) {
            case "wss4j": stack.calls(words[4], words[5], false); break;
            case "jaxws": stack.calls(words[4], words[5], true); break;
            case "server": stack.serve(Path.of(words[4]), Path.of(words[5])); break;
            case "oracle": stack.judge(); break;
            default: throw new IllegalArgumentException(words[0]);
        }
    }

    // --- signing and verifying

    private void sign(Document document, String way) throws Exception {
        WSSecHeader header = new WSSecHeader();
        header.insertSecurityHeader(document);
        WSSecTimestamp stamp = new WSSecTimestamp();
        stamp.setTimeToLive(60);
        stamp.build(document, header);
        WSSecSignature signature = new WSSecSignature();
        signature.setUserInfo(signs.getKeyStore().aliases().nextElement(), new String(PASSWORD));
        signature.setKeyIdentifierType(WAYS.get(way));
        signature.setSignatureAlgorithm(algorithm);
        signature.setDigestAlgo(digest);
        signature.setParts(new ArrayList<>(Arrays.asList(
            new WSEncryptionPart("Body", SOAP, "Content"),
            new WSEncryptionPart("Timestamp", WSConstants.WSU_NS, "Content"))));
        signature.build(document, signs, header);
    }

    /** What is signed of the Body and the Timestamp, as a list; it throws where anything is wrong. */
    private List<String> verify(Document document) throws Exception {
        WSSecurityEngine engine = new WSSecurityEngine();
        engine.setWssConfig(WSSConfig.getNewInstance());
        List<WSSecurityEngineResult> results = engine.processSecurityHeader(document, null, null, believes);
        if (results == null) {
            throw new IOException("there is no security header");
        }
        Element body = child(document.getDocumentElement(), "Body");
        List<String> covered = new ArrayList<>();
        Element stamp = null;
        for (WSSecurityEngineResult result : results) {
            if ((Integer) result.get(WSSecurityEngineResult.TAG_ACTION) == WSConstants.TS) {
                stamp = ((org.apache.ws.security.message.token.Timestamp)
                    result.get(WSSecurityEngineResult.TAG_TIMESTAMP)).getElement();
            }
        }
        for (WSSecurityEngineResult result : results) {
            if ((Integer) result.get(WSSecurityEngineResult.TAG_ACTION) != WSConstants.SIGN) {
                continue;
            }
            @SuppressWarnings("unchecked")
            List<WSDataRef> parts = (List<WSDataRef>) result.get(WSSecurityEngineResult.TAG_DATA_REF_URIS);
            for (WSDataRef part : parts) {
                if (part.getProtectedElement() == body) {
                    covered.add("Body");
                } else if (stamp != null && part.getProtectedElement() == stamp) {
                    covered.add("Timestamp");
                }
            }
        }
        return covered;
    }

    /** As an application does that demands what the policy of the WSDL demands. */
    private void demand(Document document) throws Exception {
        List<String> covered = verify(document);
        if (!covered.contains("Body") || !covered.contains("Timestamp")) {
            throw new IOException("signed is only " + covered);
        }
    }

    // --- judge: an envelope in base 64 per line, a verdict per line

    private void judge() throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String verdict;
            try {
                demand(parse(Base64.getDecoder().decode(line)));
                verdict = "accepted";
            } catch (Exception error) {
                verdict = "refused\t" + words(error);
            }
            System.out.println(verdict);
            System.out.flush();
        }
    }

    // --- client: NAME \t SERVICE \t ADDRESS \t ACTION \t NAMESPACE \t FILE per line of a file

    private void calls(String jobs, String way, boolean jaxws) throws Exception {
        String set = "";
        for (String line : Files.readAllLines(Path.of(jobs))) {
            String[] job = line.split("\t");
            String payload = Files.readString(Path.of(job[5])).replace("RESULT-SET", set);
            String outcome;
            try {
                outcome = jaxws ? dispatched(job, payload, way) : sent(job, payload, way);
            } catch (Exception error) {
                outcome = "error " + words(error) + "\t-";
            }
            String[] parts = outcome.split("\t");
            if (parts.length > 2) {
                set = parts[2];
            }
            System.out.println(job[0] + "\t" + parts[0] + "\t" + parts[1]);
        }
    }

    private String sent(String[] job, String payload, String way) throws Exception {
        Document envelope = parse(("<s:Envelope xmlns:s='" + SOAP + "'><s:Body>" + payload
            + "</s:Body></s:Envelope>").getBytes(StandardCharsets.UTF_8));
        sign(envelope, way);
        HttpURLConnection connection = (HttpURLConnection) new URL(job[2]).openConnection();
        connection.setDoOutput(true);
        connection.setReadTimeout(20000);
        connection.setRequestProperty("Content-Type", "text/xml; charset=utf-8");
        connection.setRequestProperty("SOAPAction", '"' + job[3] + '"');
        connection.getOutputStream().write(bytes(envelope));
        int status = connection.getResponseCode();
        InputStream stream = status < 400 ? connection.getInputStream() : connection.getErrorStream();
        Document answer = parse(stream.readAllBytes());
        String verified = verdict(answer);
        Element body = child(answer.getDocumentElement(), "Body");
        return outcome(first(body)) + "\t" + verified + "\t" + resultSet(body);
    }

    private String dispatched(String[] job, String payload, String way) throws Exception {
        Service service = null;
        QName port = null;
        URL place = new URL(job[2] + "?WSDL");
        Document wsdl = parse(place.openStream().readAllBytes());
        Element named = (Element) wsdl.getElementsByTagNameNS("http://schemas.xmlsoap.org/wsdl/", "service").item(0);
        Element at = (Element) named.getElementsByTagNameNS("http://schemas.xmlsoap.org/wsdl/", "port").item(0);
        service = Service.create(place, new QName(job[4], named.getAttribute("name")));
        port = new QName(job[4], at.getAttribute("name"));
        Dispatch<Source> dispatch = service.createDispatch(port, Source.class, Service.Mode.PAYLOAD);
        String[] verified = {"-"};
        dispatch.getBinding().setHandlerChain(new ArrayList<Handler>(List.of(new Signing(way, verified))));
        dispatch.getRequestContext().put(BindingProvider.SOAPACTION_USE_PROPERTY, true);
        dispatch.getRequestContext().put(BindingProvider.SOAPACTION_URI_PROPERTY, job[3]);
        try {
            Source answer = dispatch.invoke(new StreamSource(new StringReader(payload)));
            if (answer == null) {
                return "empty\t" + verified[0];
            }
            Document found = document(answer);
            Element root = found.getDocumentElement();
            return outcome(root) + "\t" + verified[0] + "\t" + (root == null ? "" : resultSet(root));
        } catch (SOAPFaultException fault) {
            Node detail = fault.getFault().getDetail();
            return "fault " + group(detail) + "\t" + verified[0];
        }
    }

    /** Signs what goes out and verifies what comes in. */
    private final class Signing implements SOAPHandler<SOAPMessageContext> {
        private final String way;
        private final String[] verified;

        Signing(String way, String[] verified) {
            this.way = way;
            this.verified = verified;
        }

        @Override
        public Set<QName> getHeaders() {
            return Set.of(new QName(WSSE, "Security"));
        }

        private boolean handle(SOAPMessageContext context) {
            try {
                SOAPMessage message = context.getMessage();
                if (Boolean.TRUE.equals(context.get(MessageContext.MESSAGE_OUTBOUND_PROPERTY))) {
                    Document signed = parse(content(message));
                    sign(signed, way);
                    message.getSOAPPart().setContent(new DOMSource(signed));
                    message.saveChanges();
                } else {
                    verified[0] = verdict(parse(content(message)));
                }
            } catch (Exception error) {
                throw new IllegalStateException(error);
            }
            return true;
        }

        @Override
        public boolean handleMessage(SOAPMessageContext context) {
            return handle(context);
        }

        @Override
        public boolean handleFault(SOAPMessageContext context) {
            return handle(context);
        }

        @Override
        public void close(MessageContext context) {
            // nothing is kept
        }
    }

    private String verdict(Document answer) {
        try {
            demand(answer);
            return "verified";
        } catch (Exception error) {
            return "not verified: " + words(error);
        }
    }

    private static String outcome(Element element) {
        if (element == null) {
            return "empty";
        }
        if (element.getLocalName().equals("Fault")) {
            return "fault " + group(element);
        }
        return "true".equals(element.getAttributeNS(XSI, "nil")) ? "nil" : "answer";
    }

    private static String group(Node fault) {
        if (fault instanceof Element) {
            Node found = ((Element) fault).getElementsByTagNameNS("*", "CodeGroup").item(0);
            if (found != null) {
                return found.getTextContent();
            }
        }
        return "without a detail";
    }

    private static String resultSet(Element inside) {
        for (Node node = inside.getFirstChild(); node != null; node = node.getNextSibling()) {
            if (node instanceof Element) {
                if (node.getLocalName().equals("Identification")) {
                    return node.getTextContent();
                }
                if (node.getLocalName().equals("PollForDataResponse")) {
                    return resultSet((Element) node);
                }
            }
        }
        return "";
    }

    // --- server: answers what the address names, HOW/WHAT/SERVICE, from a folder

    private void serve(Path folder, Path log) throws Exception {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> answer(exchange, folder, log));
        server.setExecutor(Executors.newFixedThreadPool(4));
        server.start();
        System.out.println(server.getAddress().getPort());
        System.out.flush();
        System.in.read();
        server.stop(0);
    }

    private void answer(HttpExchange exchange, Path folder, Path log) throws IOException {
        String[] path = exchange.getRequestURI().getPath().split("/");
        byte[] request = exchange.getRequestBody().readAllBytes();
        byte[] body;
        try {
            String heard;
            try {
                demand(parse(request));
                heard = "verified";
            } catch (Exception error) {
                heard = "refused: " + words(error);
            }
            Files.writeString(log, heard);
            Document answer = parse(Files.readAllBytes(folder.resolve(path[2] + ".xml")));
            if (!path[1].equals("unsigned")) {
                sign(answer, path[1]);
            }
            body = bytes(answer);
        } catch (Exception error) {
            body = words(error).getBytes(StandardCharsets.UTF_8);
        }
        exchange.getResponseHeaders().set("Content-Type", "text/xml; charset=utf-8");
        exchange.sendResponseHeaders(path[2].contains("fault") ? 500 : 200, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    // --- XML

    private static Document parse(byte[] data) throws Exception {
        DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
        factory.setNamespaceAware(true);
        factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
        var builder = factory.newDocumentBuilder();
        builder.setErrorHandler(null);
        return builder.parse(new ByteArrayInputStream(data));
    }

    private static byte[] content(SOAPMessage message) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        message.writeTo(out);
        return out.toByteArray();
    }

    private static byte[] bytes(Document document) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        transformer().transform(new DOMSource(document), new StreamResult(out));
        return out.toByteArray();
    }

    private static Document document(Source source) throws Exception {
        StringWriter out = new StringWriter();
        transformer().transform(source, new StreamResult(out));
        return parse(out.toString().getBytes(StandardCharsets.UTF_8));
    }

    private static Transformer transformer() throws Exception {
        Transformer made = TransformerFactory.newInstance().newTransformer();
        made.setOutputProperty(OutputKeys.OMIT_XML_DECLARATION, "yes");
        return made;
    }

    private static Element child(Element parent, String name) {
        for (Node node = parent.getFirstChild(); node != null; node = node.getNextSibling()) {
            if (node instanceof Element && name.equals(node.getLocalName())) {
                return (Element) node;
            }
        }
        return null;
    }

    private static Element first(Element parent) {
        for (Node node = parent.getFirstChild(); node != null; node = node.getNextSibling()) {
            if (node instanceof Element) {
                return (Element) node;
            }
        }
        return null;
    }

    private static String words(Throwable error) {
        StringBuilder text = new StringBuilder();
        for (Throwable one = error; one != null && text.length() < 400; one = one.getCause()) {
            text.append(text.length() == 0 ? "" : "; ").append(one.getMessage() == null ? one.toString() : one.getMessage());
        }
        return text.toString().replaceAll("\\s+", " ");
    }
}
