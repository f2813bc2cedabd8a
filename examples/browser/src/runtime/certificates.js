// Certificates: what was checked about a model file; see exprinfer/runtime/certificate.py.
//
// A certificate names its file by SHA-256. The build makes those that ship with the package part of
// the page. Whatever a model file says about itself certifies nothing.

import exact from "../../../../models/exact/certificate.json" with { type: "json" };
import gist from "../../../../models/gist/certificate.json" with { type: "json" };
import longhand from "../../../../models/longhand/certificate.json" with { type: "json" };
import tables from "../language/tables.js";
import { ModelFileError } from "./checksum.js";

const SHIPPED = [exact, longhand, gist];
/** WebAssembly runs on the CPU. See docs/browser.md for what "certified" then means. */
const DEVICE = "cpu";

/**
 * Return which answers of a model file are certified.
 *
 * @param {{name: string, version: string, domain: number}} info What the file says about itself.
 * @param {string} sha256 The SHA-256 of the whole file.
 * @param {string} file The name that errors begin with.
 * @param {object[]} certificates
 * @returns {{certifiedDomain: number, certifiedHere: number}} The domain that the certificate of the
 *   file covers, and the one that it covers on this device; 0 means none.
 * @throws {ModelFileError} If the certificate of the file describes another model.
 */
export function certification(info, sha256, file, certificates = SHIPPED) {
  const found = certificates.find((certificate) => certificate.file_sha256 === sha256);
  if (!found) return { certifiedDomain: 0, certifiedHere: 0 };
  if (found.model !== info.name || found.version !== info.version) {
    throw new ModelFileError(
      `${file} is ${info.name} ${info.version}, but its certificate is about ` +
        `${found.model} ${found.version}`,
    );
  }
  const certifiedDomain = tables.domains.indexOf(found.domain);
  if (certifiedDomain < 0 || certifiedDomain > info.domain) {
    throw new ModelFileError(
      `${file} is made for the ${tables.domains[info.domain]} domain, but its certificate ` +
        `certifies the ${found.domain} domain`,
    );
  }
  return { certifiedDomain, certifiedHere: found.devices.includes(DEVICE) ? certifiedDomain : 0 };
}
