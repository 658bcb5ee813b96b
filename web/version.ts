/** The version of the web apps: that of the package which serves them (a test holds it to feiqian.__version__). */

export const APP_VERSION = "0.1.0";
